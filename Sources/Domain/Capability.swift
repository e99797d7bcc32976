/// What a provider can be asked for: the kinds of models, and machines.
package enum Capability: String, CaseIterable, Sendable {
    case chat
    case embedding
    case image
    case video
    case audio
    case virtualMachines = "virtual_machines"
}
