// How long each sync of a file takes beyond what the disk takes; 0 at first. On other systems than Linux it stays so.
void set_sync_delay(unsigned milliseconds);

// How long each read of a part of a file takes beyond that, as SQLite reads; likewise.
void set_read_delay(unsigned milliseconds);
