/// How urgent an alert is.
package enum AlertSeverity: String, CaseIterable, Sendable {
    case low, medium, high, critical
}

/// What an alert is about. All but `custom` are raised and settled by the system.
package enum AlertType: String, CaseIterable, Sendable {
    case lowBalance = "low_balance"
    case balanceDrift = "balance_drift"
    case providerDown = "provider_down"
    case providerRecovered = "provider_recovered"
    case errorRate = "error_rate"
    case invalidKey = "invalid_key"
    case unpricedModel = "unpriced_model"
    case keyExpiring = "key_expiring"
    case custom
}
