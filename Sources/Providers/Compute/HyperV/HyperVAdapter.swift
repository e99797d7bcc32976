import Domain

/// Microsoft Hyper-V, which is only named to be refused: hosts are managed through WinRM and PowerShell, and there is
/// no REST API that a program without a Windows account could log in to.
struct HyperVAdapter: ComputeAdapter {
    let slug = "hyperv"
    let displayName = "Microsoft Hyper-V"
    let vendorEndpoint = "https://localhost"
    let fields: [ConfigField] = []
    let unsupported: String? =
        "cannot be hyperv: Hyper-V has no REST API, its hosts are managed through WinRM and PowerShell only"

    func validate(_ session: ComputeSession) throws(Failure) { throw .invalid("provider", reason) }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails { throw .invalid("provider", reason) }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) { throw .invalid("provider", reason) }

    private var reason: String { unsupported ?? "" }
}
