package import ChatStorageCore
package import ChatStoragePostgres
package import ChatStorageSQLite

/// Stands in for the observer of configurations that have none yet; a configuration's own property takes precedence.
package protocol ConfigurationWithoutObserver {}

extension ConfigurationWithoutObserver {
    package var observer: (any StorageObserver)? {
        get { nil }
        set {}
    }
}

extension SQLiteBackend.Configuration: ConfigurationWithoutObserver {}
extension PostgresBackend.Configuration: ConfigurationWithoutObserver {}
