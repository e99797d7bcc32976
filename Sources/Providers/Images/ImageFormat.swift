/// How a picture is encoded, told by its first octets: what a vendor says about it can be wrong.
package enum ImageFormat: String, Sendable, CaseIterable {
    case png = "image/png"
    case jpeg = "image/jpeg"
    case webp = "image/webp"

    /// Nil for anything else.
    package init?(_ bytes: [UInt8]) {
        // Signatures of PNG (third edition, 5.2), JPEG (ITU-T T.81, B.1.1.3) and WebP (RFC 9649, 2.4).
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            self = .png
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = .jpeg
        } else if bytes.starts(with: Array("RIFF".utf8)), bytes.dropFirst(8).starts(with: Array("WEBP".utf8)) {
            self = .webp
        } else {
            return nil
        }
    }

    /// The ending of a file's name, without the dot.
    package var fileExtension: String {
        switch self {
        case .png: "png"
        case .jpeg: "jpg"
        case .webp: "webp"
        }
    }
}

/// A picture, given to a model or made by one.
package struct EncodedImage: Sendable, Equatable {
    package let format: ImageFormat
    package let bytes: [UInt8]

    /// The largest picture that is taken, in octets.
    package static let maxOctets = 20 * 1_024 * 1_024

    /// Nil for what is no picture in one of the known formats, or larger than `maxOctets`.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maxOctets, let format = ImageFormat(bytes) else { return nil }
        self.format = format
        self.bytes = bytes
    }
}
