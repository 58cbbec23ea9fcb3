SELECT c.* FROM enter($1, $2, $3) AS d(tenant) CROSS JOIN LATERAL (
    SELECT c.id, c.name, c.email, c.phone, c.organization, c.favorite, c.updated_at, c.name_key FROM contacts c WHERE c.tenant_id = d.tenant AND c.deleted_at IS NULL
    AND (c.name_key, c.id) > ($5::text, $6::uuid) ORDER BY c.name_key, c.id LIMIT $4
) AS c
