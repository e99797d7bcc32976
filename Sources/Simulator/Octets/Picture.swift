/// The one picture that the simulator paints.
enum Picture {
    /// A PNG of 8 by 8 blue pixels, in base64.
    static let base64 =
        "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mPQqDiBFTEMLQkAAtVaAbl+5LMAAAAASUVORK5CYII="
}
