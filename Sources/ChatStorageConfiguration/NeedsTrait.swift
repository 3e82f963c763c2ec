#if !Services
#error(
    "ChatStorageConfiguration needs the trait Services; add it to the traits of the dependency on this package"
)
#endif
