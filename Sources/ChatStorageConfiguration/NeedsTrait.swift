#if !Services
#error(
    "ChatStorageConfiguration needs the trait Services of the package ChatStorage; the dependency on it leaves the trait out."
)
#endif
