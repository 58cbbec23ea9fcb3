INSERT INTO contacts (tenant_id, id, name, email, phone, organization)
SELECT d.tenant, $4, $5, $6, $7, $8 FROM enter($1, $2, $3) AS d(tenant)
RETURNING id, name, email, phone, organization, favorite, updated_at
