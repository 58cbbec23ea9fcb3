-- Makes tenants with made-up contacts. Ids follow from numbers, so that each run asks for the same.
CREATE SCHEMA bench;

-- For those who leave it to the database: our own server and the limits make their ids themselves.
ALTER TABLE contacts ALTER COLUMN id SET DEFAULT gen_random_uuid();

CREATE FUNCTION bench.id(kind text, tenant integer, number integer) RETURNS uuid LANGUAGE sql IMMUTABLE
    RETURN md5(format('%s %s %s', kind, tenant, number))::uuid;

CREATE FUNCTION bench.dice(tenant integer, number integer, what text) RETURNS integer LANGUAGE sql IMMUTABLE
    RETURN abs(hashtext(format('%s %s %s', tenant, number, what))::bigint);

CREATE FUNCTION bench.pick(dice integer, choices text[]) RETURNS text LANGUAGE sql IMMUTABLE
    RETURN choices[1 + dice % cardinality(choices)];

CREATE FUNCTION bench.tenants(first integer, last integer, size integer, password text) RETURNS void LANGUAGE sql VOLATILE AS $$
    INSERT INTO tenants (id, slug, name, login_attempts_per_minute, requests_per_minute)
    SELECT bench.id('tenant', t, 0), format('tenant-%s', t), format('Tenant %s', t), 10000, 1000000 FROM generate_series(first, last) AS t;

    INSERT INTO users (tenant_id, id, username, username_key, email, email_key, password_hash, role)
    SELECT bench.id('tenant', t, 0), bench.id('user', t, 0), 'owner', 'owner', 'owner@bench.example', 'owner@bench.example',
           password, 'OWNER'
      FROM generate_series(first, last) AS t;

    INSERT INTO sessions (tenant_id, id, user_id, expires_at)
    SELECT bench.id('tenant', t, 0), bench.id('session', t, 0), bench.id('user', t, 0), now() + interval '10 years'
      FROM generate_series(first, last) AS t;

    INSERT INTO labels (tenant_id, id, name, color)
    SELECT bench.id('tenant', t, 0), bench.id('label', t, n), format('Label %s', n), '#' || substr(md5(n::text), 1, 6)
      FROM generate_series(first, last) AS t, generate_series(1, 20) AS n;

    INSERT INTO contacts (tenant_id, id, name, given_name, family_name, email, phone, organization, age, favorite, created_at,
                          updated_at)
    SELECT bench.id('tenant', t, 0), bench.id('contact', t, n), given || ' ' || family, given, family,
           lower(given) || '.' || n || '@bench.example',
           CASE WHEN d % 5 > 0 THEN format('+49 %s %s', 20 + d % 80, 100000 + d % 900000) END,
           CASE WHEN d % 3 > 0 THEN bench.pick(d / 3, ARRAY['Northwind', 'Contoso', 'Fabrikam', 'Litware', 'Proseware']) END,
           CASE WHEN d % 2 > 0 THEN 18 + d % 70 END,
           d % 10 = 0, '2026-01-01Z'::timestamptz + d % 20000000 * interval '1 second',
           '2026-09-01Z'::timestamptz + d % 5000000 * interval '1 second'
      FROM generate_series(first, last) AS t, generate_series(1, size) AS n,
           LATERAL (SELECT bench.dice(t, n, 'person') AS d, bench.dice(t, n, 'name') AS e) AS dice,
           LATERAL (SELECT bench.pick(e, ARRAY['Zoë', 'Aisha', 'Birgit', 'Chiara', 'Émile', 'Farid', 'Grace', 'Hana', 'Ivan',
                                               'Joana', 'Kwame', 'Lars', 'Mei', 'Noor', 'Olivia', 'Priya', 'Søren']) AS given,
                           bench.pick(e / 17, ARRAY['Almeida', 'Bianchi', 'Çelik', 'Dubois', 'Eriksen', 'Fernández', 'Grünwald',
                                                    'Haddad', 'Ibrahim', 'Kowalski', 'Müller', 'Novák', 'Okafor', 'Sato']) AS family
                   ) AS person;

    INSERT INTO contact_labels (tenant_id, contact_id, label_id)
    SELECT bench.id('tenant', t, 0), bench.id('contact', t, n), bench.id('label', t, 1 + (d + 7 * k) % 20)
      FROM generate_series(first, last) AS t, generate_series(1, size) AS n, LATERAL (SELECT bench.dice(t, n, 'labels') AS d) AS dice,
           LATERAL generate_series(1, d / 64 % 6) AS k;
$$;
