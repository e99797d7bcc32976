import Domain
import XML

/// Amazon EC2 through its Query API, with STS to prove the key.
///
/// The datacenter is the availability zone, the cluster the VPC, the name the tag `Name`; the other tags are
/// `key=value`. A terminated instance is listed for the hour in which AWS still lists it.
struct AWSAdapter: ComputeAdapter {
    let slug = "aws"
    let displayName = "AWS"
    let vendorEndpoint = "https://amazonaws.com"
    let fields = [
        ConfigField("access_key", .identifier, required: true),
        ConfigField("secret_key", .word, required: true),
        ConfigField("session_token", .word),
        ConfigField("region", .region, required: true),
    ]

    func validate(_ session: ComputeSession) throws(Failure) {
        let identity = try AWSCall(session).send(.sts, "GetCallerIdentity", [])
        guard identity.firstDescendant("Account") != nil else { throw session.malformed }
    }

    func test(_ session: ComputeSession) throws(Failure) -> ComputeDetails {
        try validate(session)
        let call = try AWSCall(session)
        let list = MachineList(displayName)
        let instances = try Self.instances(call, list)
        return ComputeDetails(
            version: AWSCall.Service.ec2.version, datacenters: Set(instances.compactMap(\.zone)).count,
            machines: instances.count)
    }

    func collect(_ list: MachineList, _ session: ComputeSession) throws(Failure) {
        let call = try AWSCall(session)
        let instances = try Self.instances(call, list)
        let sizes = try AWSSizes(of: instances, call)
        for instance in instances { list.add(instance.machine(sizes)) }
    }

    private static func instances(_ call: AWSCall, _ list: MachineList) throws(Failure) -> [AWSInstance] {
        var instances: [AWSInstance] = []
        try call.pages("DescribeInstances", [("MaxResults", "1000")]) { (answer) throws(Failure) in
            guard let reservations = answer["reservationSet"] else { throw call.malformed }
            for reservation in reservations.children("item") {
                guard let items = reservation["instancesSet"] else { throw call.malformed }
                for item in items.children("item") {
                    guard let instance = AWSInstance(item) else { throw call.malformed }
                    try list.read(1)
                    instances.append(instance)
                }
            }
        }
        return instances
    }
}
