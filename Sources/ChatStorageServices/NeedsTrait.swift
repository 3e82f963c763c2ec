#if !Services
#error(
    "ChatStorageServices needs the package's trait Services, which the dependency on it leaves out"
)
#endif
