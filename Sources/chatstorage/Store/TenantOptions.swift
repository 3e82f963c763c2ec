import ArgumentParser

/// Whose chats.
struct TenantOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Whose chats: a tenant's name (default: the tenant without a name).", valueName: "name"))
    var tenant: String?
}

/// Takes the place of ``TenantOptions`` in a command that is about all tenants; it refuses the option as ``NoTenant``
/// does.
struct AllTenants: ParsableArguments {
    @OptionGroup(visibility: .private) var owner: TenantOptions

    func validate() throws {
        guard owner.tenant == nil else { throw ValidationError("This command is about all tenants, not one --tenant.") }
    }
}

/// Takes the place of ``TenantOptions`` in a command that makes its own tenants.
///
/// It refuses the option even before the command's name, where the tool itself parses it.
struct NoTenant: ParsableArguments {
    @OptionGroup(visibility: .private) var owner: TenantOptions

    func validate() throws {
        guard owner.tenant == nil else { throw ValidationError("verify works in tenants of its own, not in --tenant") }
    }
}
