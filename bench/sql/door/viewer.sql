SELECT v.* FROM enter($1, $2, $3) AS d(tenant) CROSS JOIN LATERAL (
    SELECT u.id, u.username, u.email, u.role, t.name FROM users u JOIN tenants t ON t.id = u.tenant_id
    WHERE u.tenant_id = d.tenant AND u.id = $4 LIMIT 1
) AS v
