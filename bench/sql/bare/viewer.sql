SELECT u.id, u.username, u.email, u.role, t.name FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE u.tenant_id = $1 AND u.id = $2
