SELECT c.* FROM enter($1, $2, $3) AS d(tenant) CROSS JOIN LATERAL (
    SELECT c.id, c.name, c.email, c.phone, c.organization, c.favorite, c.updated_at FROM contacts c WHERE c.tenant_id = d.tenant AND c.id = $4 LIMIT 1
) AS c
