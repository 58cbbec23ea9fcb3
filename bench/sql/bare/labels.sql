SELECT x.contact_id, l.id, l.name, l.color FROM contact_labels x JOIN labels l ON l.tenant_id = x.tenant_id AND l.id = x.label_id
WHERE x.tenant_id = $1 AND x.contact_id = ANY ($2::uuid[]) ORDER BY l.name_key, l.id
