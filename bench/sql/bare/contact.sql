SELECT c.id, c.name, c.email, c.phone, c.organization, c.favorite, c.updated_at FROM contacts c WHERE c.tenant_id = $1 AND c.id = $2
