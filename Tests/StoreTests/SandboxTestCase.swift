import Domain
import Foundation
import Postgres
import Providers
import Sandbox
import ScratchDatabase
import XCTest

@testable import Store

/// A test case whose database has sample traffic, as `providerctl sandbox fill` makes it.
class SandboxTestCase: UsageTestCase {
    /// Loads the catalogue and sample traffic that ends now; the models that are called.
    @discardableResult
    func fillSandbox(days: Int, requests: Int, among slugs: [String] = []) throws -> [Offer] {
        let catalogue = try Catalogue.parse(
            try String(contentsOfFile: MigratedDatabase.sql + "/catalogue/models.tsv", encoding: .utf8))
        let plan = SamplePlan(days: days, requests: requests, seed: 5, end: .now())
        return try transact(ownerStore) { (transaction) throws(Failure) in
            _ = try transaction.load(catalogue)
            try transaction.makeSampleMonths(plan)
            try transaction.addSamplePrices(plan, among: slugs)
            let offers = try transaction.sampleOffers(plan, among: slugs)
            guard var traffic = SampleTraffic(plan, offers: offers) else { throw .notFound("Model") }
            try transaction.load(&traffic) { _ in }
            try transaction.loadSampleChecks(plan, of: offers)
            try transaction.accountSampleTraffic(plan, of: offers)
            try transaction.addSampleAlerts(plan, of: offers)
            try transaction.analyzeSampleTraffic()
            return offers
        }
    }
}
