import Domain
import FastCGI
import Foundation
import Simulator

/// Sends one answer in the manner that it asks for.
struct Delivery {
    /// An endless answer ends after this time even if the client stays.
    private static let endlessMilliseconds = 60_000
    /// A wait looks this often whether it still makes sense.
    private static let sliceMilliseconds = 50

    let request: FastCGIRequest
    let isStopping: () -> Bool

    func send(_ answer: SimAnswer) throws(FastCGIError) {
        try wait(answer.delayMilliseconds)
        let headers = answer.headers.map { ($0.name, $0.value) }
        switch answer.body {
        case .whole(let bytes):
            try request.send(status: answer.status, headers: headers, body: bytes)
        case .pieces(let pieces):
            try begin(answer.status, headers)
            for piece in pieces {
                try wait(piece.delayMilliseconds)
                try request.write(piece.bytes)
            }
        case .cut(let bytes, let promised):
            try begin(answer.status, headers + [("Content-Length", String(promised))])
            try request.write(bytes)
        case .endless(let opening, let repeated, let pause):
            try begin(answer.status, headers)
            try request.write(opening)
            let deadline = Deadline(afterMilliseconds: Self.endlessMilliseconds)
            while deadline.remainingMilliseconds > 0, !isStopping() {
                try wait(pause)
                try request.write(repeated)
            }
        }
    }

    /// The web server must not gather the pieces of a stream.
    private func begin(_ status: Int, _ headers: [(String, String)]) throws(FastCGIError) {
        try request.beginStream(status: status, headers: headers + [("X-Accel-Buffering", "no")])
    }

    /// Waits that long, less when the simulator stops; throws when the client leaves.
    private func wait(_ milliseconds: Int) throws(FastCGIError) {
        let deadline = Deadline(afterMilliseconds: milliseconds)
        while !isStopping() {
            let remaining = deadline.remainingMilliseconds
            guard remaining > 0 else { return }
            guard !request.clientIsGone else { throw .clientGone }
            Thread.sleep(forTimeInterval: Double(min(remaining, Self.sliceMilliseconds)) / 1_000)
        }
    }
}
