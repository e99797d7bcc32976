import Domain
import JSON
import Providers

/// `lastChecked` and `error` are left out where there is nothing to say, as in the contract's examples.
extension ComputeProvider: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.object {
            $0.field("provider", slug)
            $0.field("name", name)
            $0.field("enabled", enabled)
            $0.field("connected", connected ?? false)
            $0.fieldIfPresent("lastChecked", lastChecked?.iso(.seconds))
            $0.fieldIfPresent("error", error)
            $0.key("config")
            $0.raw(shown)
        }
    }
}

extension JSONWriter {
    /// What the provider does not say is null.
    mutating func machine(_ machine: Machine, of provider: String) {
        object {
            $0.field("id", machine.id)
            $0.field("name", machine.name)
            $0.field("provider", provider)
            $0.field("status", machine.power.status)
            $0.field("power_state", machine.power.state)
            $0.field("cpu_count", machine.cpuCount)
            $0.field("memory_mb", machine.memoryMB)
            $0.field("os", machine.os)
            $0.field("disk_gb", machine.diskGB)
            $0.field("ip_address", machine.ipAddress)
            $0.field("datacenter", machine.datacenter)
            $0.field("cluster", machine.cluster)
            $0.field("tags", array: machine.tags)
        }
    }
}
