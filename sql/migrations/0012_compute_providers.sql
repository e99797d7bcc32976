-- The providers of virtual machines of contract 5, and configurations of several fields as credentials.
--
-- Each of them is disabled until it is configured for the first time: before that there is nothing to call. An
-- endpoint other than the vendor's takes all calls of the provider; `https://localhost` stands where the host of the
-- configuration is called.

ALTER TABLE credentials
    -- What of the credential may be shown: the fields of a configuration that are not secret.
    ADD COLUMN metadata json,
    DROP CONSTRAINT credentials_type_known,
    ADD CONSTRAINT credentials_type_known CHECK (type IN ('api_key', 'base_url', 'config')),
    ADD CONSTRAINT credentials_metadata_form CHECK (json_typeof(metadata) = 'object');

INSERT INTO providers (slug, display_name, kind, endpoint_url, vendor_endpoint_url, auth_type, enabled, timeout_ms)
SELECT slug, display_name, 'compute', endpoint, endpoint, auth_type, false, 60000
FROM (VALUES
    ('vsphere', 'VMware vSphere', 'https://localhost', 'basic'),
    ('aws', 'AWS', 'https://amazonaws.com', 'sigv4'),
    ('azure', 'Microsoft Azure', 'https://management.azure.com', 'oauth'),
    ('gcp', 'Google Cloud', 'https://compute.googleapis.com', 'oauth'),
    ('hyperv', 'Microsoft Hyper-V', 'https://localhost', 'basic'),
    ('oci', 'Oracle Cloud', 'https://oraclecloud.com', 'api_key'),
    ('openstack', 'OpenStack', 'https://localhost', 'basic'),
    ('alibabacloud', 'Alibaba Cloud', 'https://aliyuncs.com', 'api_key'),
    ('proxmox', 'Proxmox VE', 'https://localhost', 'basic')
) AS known (slug, display_name, endpoint, auth_type);
