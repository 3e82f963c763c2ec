// How long each sync of a file takes beyond what the disk takes; 0 at first. On other systems than Linux it stays so.
void set_sync_delay(unsigned milliseconds);

// How long each read at a place in a file, as SQLite makes them, takes beyond what the disk takes; 0 at first, and
// always on other systems than Linux.
void set_read_delay(unsigned milliseconds);

// How many reads took longer for that.
unsigned slow_reads(void);

// Whether syncs wait until they are no longer held; never at first, and never on other systems than Linux.
void set_syncs_held(int are_held);

// How many syncs wait.
unsigned held_syncs(void);
