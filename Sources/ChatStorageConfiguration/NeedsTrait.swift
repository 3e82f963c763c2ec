#if !Services
#error(
    "ChatStorageConfiguration needs the package's trait Services, which the dependency on it leaves out"
)
#endif
