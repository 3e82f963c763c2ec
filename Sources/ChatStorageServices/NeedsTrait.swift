#if !Services
#error(
    "ChatStorageServices needs the trait Services; add it to the traits of the dependency on this package"
)
#endif
