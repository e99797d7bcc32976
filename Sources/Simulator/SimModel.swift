import Domain

/// A model of a simulated catalogue. Names, limits and ends follow the vendors; days of release are approximate.
struct SimModel: Equatable, Sendable {
    enum Kind: Sendable { case chat, embedding, image, video, audio }

    /// What a model refuses that others of its vendor take.
    enum Trait: Sendable {
        case refusesSampling, refusesPenalties, refusesPenaltyPair, choosesOneSampling, longerVectors
    }

    let name: String
    var kind = Kind.chat
    /// Tokens of context; for an embedding model, of one input.
    var context = 128_000
    /// The most tokens of an answer; for an embedding model, the dimensions of its vectors.
    var output = 16_384
    var traits: Set<Trait> = []
    /// The day of release, `2024-05-13`.
    var released = "2025-01-01"
    /// The day after which the vendor has announced to refuse it.
    var ends: String?
    var isRetired = false

    /// The day of release in seconds since 1970.
    var releasedSeconds: Int {
        let parts = released.split(separator: "-").compactMap { Int($0) }
        guard parts.count == 3, let days = CivilTime.days(year: parts[0], month: parts[1], day: parts[2]) else {
            return 0
        }
        return days * 86_400
    }
}

extension SimModel {
    /// A model that is still in the catalogue only to be refused.
    static func retired(_ name: String, _ kind: Kind = .chat) -> SimModel {
        SimModel(name: name, kind: kind, isRetired: true)
    }
}
