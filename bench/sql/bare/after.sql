SELECT c.id, c.name, c.email, c.phone, c.organization, c.favorite, c.updated_at, c.name_key FROM contacts c WHERE c.tenant_id = $1 AND c.deleted_at IS NULL AND (c.name_key, c.id) > ($3::text, $4::uuid)
ORDER BY c.name_key, c.id LIMIT $2
