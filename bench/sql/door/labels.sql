SELECT l.* FROM enter($1, $2, $3) AS d(tenant) CROSS JOIN LATERAL (
    SELECT x.contact_id, l.id, l.name, l.color FROM contact_labels x JOIN labels l ON l.tenant_id = x.tenant_id AND l.id = x.label_id
    WHERE x.tenant_id = d.tenant AND x.contact_id = ANY ($4::uuid[]) ORDER BY l.name_key, l.id OFFSET 0
) AS l
