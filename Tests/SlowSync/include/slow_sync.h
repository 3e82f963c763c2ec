// How long each sync of a file takes beyond what the disk takes; 0 at first. On other systems than Linux it stays so.
void set_sync_delay(unsigned milliseconds);
