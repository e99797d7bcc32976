import Domain
import Outbound
import Synchronization
import XCTest

@testable import Providers

/// The adapters against what a provider may not answer, and where they call.
final class ComputeAdapterTests: XCTestCase {
    private static let huge = 1 << 50

    /// More than eight thousand of such disks are more than a number holds.
    func testDisksOfAVCenterThatAddUpToTooMuchAreUnknown() throws {
        let disk = "<VirtualDevice type=\"VirtualDisk\"><capacityInKB>\(Self.huge)</capacityInKB></VirtualDevice>"
        for (devices, expected) in [
            (String(repeating: disk, count: 8_200), nil), (disk, Self.huge >> 20),
            (disk + "<VirtualDevice/>", Self.huge >> 20),
            ("<VirtualDevice type=\"VirtualDisk\"><capacityInKB>1048577</capacityInKB></VirtualDevice>", 2),
            ("<VirtualDevice type=\"VirtualDisk\"><capacityInKB>-1</capacityInKB></VirtualDevice>", nil),
        ] {
            let vcenter = ScriptedVCenter(devices: devices)
            let machines = try ScriptedCompute("vsphere", .made(vcenter.answer)).machines()
            XCTAssertEqual(machines.map(\.id), ["vm-1"])
            XCTAssertEqual(machines.first?.diskGB, expected)
        }
    }

    func testDisksOfAProxmoxThatAddUpToTooMuchAreUnknown() throws {
        let machines = try ScriptedCompute(
            "proxmox",
            .made { asked in
                switch asked.target {
                case "/api2/json/nodes": return .answer(200, "{\"data\":[{\"node\":\"n\"}]}")
                case "/api2/json/cluster/status": return .answer(403, "{\"data\":null}")
                case "/api2/json/cluster/resources?type=vm":
                    let guest = "{\"id\":\"qemu/1\",\"node\":\"n\",\"vmid\":1,\"type\":\"qemu\",\"status\":\"stopped\"}"
                    return .answer(200, "{\"data\":[\(guest)]}")
                default:
                    let disks = (0..<8_200).map { "\"scsi\($0)\":\"x,size=1073741824T\"" }.joined(separator: ",")
                    return .answer(200, "{\"data\":{\(disks)}}")
                }
            }
        ).machines()
        XCTAssertEqual(machines.map(\.id), ["qemu/1"])
        XCTAssertNil(machines.first?.diskGB)
        // Who may see machines need not be allowed to see the cluster.
        XCTAssertNil(machines.first?.cluster)
    }

    func testTheMemoryOfAnInstanceOfOracleThatIsTooMuchIsUnknown() throws {
        for (memory, expected) in [("9999999999999999", nil), ("16.0", 16_384), ("1.5", nil)] {
            let machines = try ScriptedCompute(
                "oci",
                [
                    "tenancy_ocid": "t", "user_ocid": "u", "fingerprint": "f", "region": "eu-frankfurt-1",
                    "private_key": SignedWithPublishedKeyTests.key,
                ],
                .made { asked in
                    guard asked.target.hasPrefix("/20160918/instances") else { return .answer(200, "[]") }
                    return .answer(
                        200,
                        "[{\"id\":\"i\",\"lifecycleState\":\"RUNNING\",\"shapeConfig\":{\"memoryInGBs\":\(memory)}}]")
                }
            ).machines()
            XCTAssertEqual(machines.map(\.memoryMB), [expected])
        }
    }

    func testEveryFaultOfALogInIsItsOwnKind() throws {
        let kinds: [(String, UpstreamFailure.Kind)] = [
            ("InvalidLogin", .invalidCredential), ("PasswordExpired", .invalidCredential), ("NoPermission", .forbidden),
            ("NotAuthenticated", .overloaded), ("InvalidArgument", .badRequest), ("RuntimeFault", .overloaded),
        ]
        for (fault, kind) in kinds {
            let vcenter = ScriptedVCenter(fault: fault)
            XCTAssertEqual(try ScriptedCompute("vsphere", .made(vcenter.answer)).failure().kind, kind, fault)
        }
    }

    func testASessionThatNoHeaderCanHoldIsNoSession() throws {
        for cookie in ["\u{E9}", "a b", "a\tb"] {
            let vcenter = ScriptedVCenter(cookie: cookie)
            XCTAssertEqual(try ScriptedCompute("vsphere", .made(vcenter.answer)).failure().kind, .malformed, cookie)
        }
    }

    func testAnAnswerThatIsABombIsNoAnswer() throws {
        let bombs = [
            "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><x>&b;</x>",
            "<?xml version=\"1.0\"?><!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>", "<x>&a;</x>",
            String(repeating: "<x>", count: 100_000),
            String(repeating: "<x>", count: 65) + String(repeating: "</x>", count: 65),
        ]
        for bomb in bombs {
            for slug in ["vsphere", "aws"] {
                XCTAssertEqual(try ScriptedCompute(slug, .answer(200, bomb)).failure().kind, .malformed, bomb)
            }
        }
    }

    /// Credentials that are right must not be switched off because a clock is wrong.
    func testASignatureThatIsRefusedByAnotherClockSaysNothingAboutCredentials() throws {
        let answers = [
            ("aws", 403, "<E><Error><Code>SignatureDoesNotMatch</Code></Error></E>"),
            ("aws", 401, "<E><Error><Code>AuthFailure</Code></Error></E>"),
            ("alibabacloud", 400, "{\"Code\":\"SignatureDoesNotMatch\"}"),
        ]
        for (slug, status, body) in answers {
            let here = HTTPDate.text(Timestamp(seconds: Timestamp.now().seconds - 200))
            let right = try ScriptedCompute(slug, .answer(status, body, headers: [("Date", here)])).failure()
            XCTAssertEqual(right.kind, .invalidCredential)
            let other = try ScriptedCompute(
                slug, .answer(status, body, headers: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")])
            ).failure()
            XCTAssertEqual(other.kind, .badRequest)
            XCTAssertTrue(other.message.contains("its clock and the one of this machine differ by"), other.message)
        }
        let expired = "<Response><Errors><Error><Code>RequestExpired</Code></Error></Errors></Response>"
        XCTAssertEqual(try ScriptedCompute("aws", .answer(400, expired)).failure().kind, .badRequest)
    }

    func testAPageThatLeadsToItselfEnds() throws {
        let page =
            "<DescribeInstancesResponse><reservationSet/><nextToken>same</nextToken></DescribeInstancesResponse>"
        let aws = try ScriptedCompute("aws", .answer(200, page))
        XCTAssertEqual(try aws.failure().kind, .malformed)
        XCTAssertEqual(aws.server.asked.count, 2)
        let alibaba = try ScriptedCompute(
            "alibabacloud", .answer(200, "{\"Instances\":{\"Instance\":[]},\"NextToken\":\"same\"}"))
        XCTAssertEqual(try alibaba.failure().kind, .malformed)
        XCTAssertEqual(alibaba.server.asked.count, 2)
    }

    func testAPageThatWasPromisedAndDoesNotComeIsNoEnd() throws {
        let vcenter = ScriptedVCenter(token: "<token>more</token>")
        let call = try ScriptedCompute("vsphere", .made(vcenter.answer))
        XCTAssertEqual(try call.failure().kind, .malformed)
        XCTAssertTrue(call.server.asked.last?.body.contains("<Logout ") == true)
        let half = "<DescribeInstancesResponse><reservationSet><item/></reservationSet></DescribeInstancesResponse>"
        XCTAssertEqual(try ScriptedCompute("aws", .answer(200, half)).failure().kind, .malformed)
    }

    func testTheNextPageOfAzureIsNowhereElse() throws {
        let answer = "{\"access_token\":\"t\",\"value\":[],\"nextLink\":\"https://elsewhere.example/page\"}"
        let azure = try ScriptedCompute("azure", .answer(200, answer))
        XCTAssertEqual(try azure.failure().kind, .malformed)
    }

    func testCallsGoToTheVendorsHostOfTheRegion() throws {
        let expected: [(String, [String: String], String)] = [
            ("aws", [:], "ec2.eu-west-1.amazonaws.com"),
            ("aws", ["region": "cn-north-1"], "ec2.cn-north-1.amazonaws.com.cn"),
            ("alibabacloud", [:], "ecs.cn-hangzhou.aliyuncs.com"), ("azure", [:], "login.microsoftonline.com"),
            ("vsphere", [:], "vcenter.example.com"), ("proxmox", [:], "pve.example.com"),
            ("openstack", [:], "keystone"),
        ]
        for (slug, changes, host) in expected {
            let names = Mutex<[String]>([])
            let resolver = Resolver(limit: 1) { name in
                names.withLock { $0.append(name) }
                return []
            }
            let (adapter, session) = try ScriptedCompute.open(slug, changes, at: nil, resolver: resolver)
            XCTAssertThrowsError(try adapter.collect(MachineList("x"), session))
            XCTAssertEqual(names.withLock { $0 }, [host])
        }
    }

    func testNovaDescribesItselfBelowItsVersion() throws {
        for (address, root) in [
            ("https://nova:8774/v2.1", "https://nova:8774/v2.1"), ("https://nova/v2.1/8f3c0f", "https://nova/v2.1"),
            ("https://cloud/compute/v2/8f3c0f/", "https://cloud/compute/v2"),
            ("https://nova/compute", "https://nova/compute"),
        ] {
            XCTAssertEqual(OpenStackCall.root(of: try HTTPURL(address)).text, root)
        }
    }
}
