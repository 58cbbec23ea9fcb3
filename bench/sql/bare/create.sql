INSERT INTO contacts (tenant_id, id, name, email, phone, organization) VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id, name, email, phone, organization, favorite, updated_at
