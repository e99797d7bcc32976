SELECT json_build_object(
    'success', true,
    'data', coalesce(json_agg(json_build_object(
        'id', c.id,
        'provider', p.display_name,
        'isActive', c.is_active AND k.is_active,
        'modelConfig', json_strip_nulls(json_build_object(
            'model', c.model,
            'temperature', c.temperature,
            'maxTokens', c.max_tokens,
            'topP', c.top_p,
            'frequencyPenalty', c.frequency_penalty,
            'presencePenalty', c.presence_penalty)),
        'usageCount', c.usage_count,
        'totalTokens', c.total_tokens,
        'totalCost', trim_scale(c.total_cost),
        'lastUsedAt', to_char(c.last_used_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'createdAt', to_char(c.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
        'updatedAt', to_char(c.updated_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    ) ORDER BY c.created_at DESC, c.id DESC), '[]'::json),
    'count', count(*))
FROM connections c
JOIN providers p ON p.id = c.provider_id
JOIN credentials k ON k.id = c.credential_id
WHERE c.owner = $1
