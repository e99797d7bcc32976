import Glibc

/// A look at what waits in a connection, without taking it.
enum Peek {
    case nothing
    case gone
    case request(RecordScan, octets: Int)

    static func scan(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Peek {
        buffer.withUnsafeMutableBytes { space in
            var count: Int
            repeat {
                count = recv(descriptor, space.baseAddress, space.count, Int32(MSG_PEEK | MSG_DONTWAIT))
            } while count < 0 && errno == EINTR
            if count < 0 { return errno == EAGAIN || errno == EWOULDBLOCK ? .nothing : .gone }
            if count == 0 { return .gone }
            return .request(RecordScan.scan(UnsafeRawBufferPointer(rebasing: space[..<count])), octets: count)
        }
    }
}
