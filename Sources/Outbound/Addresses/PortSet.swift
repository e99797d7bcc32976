/// TCP ports that may be called.
package struct PortSet: Sendable, Equatable {
    private let ranges: [ClosedRange<Int>]

    /// Every port that no well-known other service has.
    package static let any = PortSet(ranges: [1...65_535])

    /// Where well-known services listen that do not speak HTTP, or that must not be reached through us: no setting
    /// opens them.
    private static let never: Set<Int> = [
        1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
        110, 111, 113, 115, 117, 119, 123, 135, 137, 138, 139, 143, 161, 162, 179, 389, 427, 445, 465, 512, 513, 514,
        515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 873, 989, 990, 993, 995, 1_433, 1_434, 1_521,
        1_719, 1_720, 1_723, 2_049, 2_181, 2_375, 2_376, 2_379, 2_380, 3_306, 3_389, 3_659, 4_045, 4_190, 5_060,
        5_061, 5_432, 5_433, 5_672, 5_900, 5_984, 6_000, 6_379, 6_380, 6_432, 6_443, 6_566, 6_665, 6_666, 6_667,
        6_668, 6_669, 6_679, 6_697, 7_000, 7_001, 8_125, 8_500, 9_042, 9_092, 9_160, 9_200, 9_300, 10_080, 10_250,
        11_211, 15_672, 25_565, 26_379, 27_017, 27_018, 50_000,
    ]

    private init(ranges: [ClosedRange<Int>]) { self.ranges = ranges }

    /// Ports and ranges separated by commas: `443,8000-8999`. Nil for anything else.
    package init?(_ text: String) {
        var ranges: [ClosedRange<Int>] = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
                .map { Int($0.filter { $0 != " " }) }
            guard 1...2 ~= ends.count, let first = ends.first, let low = first, let last = ends.last, let high = last,
                1 <= low, low <= high, high <= 65_535
            else { return nil }
            ranges.append(low...high)
        }
        guard !ranges.isEmpty else { return nil }
        self.ranges = ranges
    }

    package func contains(_ port: Int) -> Bool {
        !Self.never.contains(port) && ranges.contains { $0.contains(port) }
    }
}
