-- The routers that make pictures for contract 4. Gemini, the third provider of pictures, is there since contract 1.

INSERT INTO providers (slug, display_name, kind, endpoint_url, vendor_endpoint_url, auth_type, default_model)
SELECT slug, display_name, 'image', endpoint, endpoint, 'bearer', default_model
FROM (VALUES
    ('openrouter', 'OpenRouter', 'https://openrouter.ai/api/v1', 'google/gemini-2.5-flash-image'),
    ('requesty', 'Requesty', 'https://router.requesty.ai/v1', 'google/gemini-2.5-flash-image')
) AS known (slug, display_name, endpoint, default_model)
ON CONFLICT (slug) DO UPDATE SET default_model = excluded.default_model;
