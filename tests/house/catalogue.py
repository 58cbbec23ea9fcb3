"""What a migrated database is, in words: every object of ours, so printed that Postgres 15 and later print the same."""

from __future__ import annotations

from typing import Final

import asyncpg

QUERIES: Final = (
    # extensions
    "SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'",
    # tables, with what guards them
    """
    SELECT format('table %s owner %s%s%s', relname, pg_get_userbyid(relowner), CASE WHEN relrowsecurity THEN ' guarded' END,
                  CASE WHEN relforcerowsecurity THEN ' forced' END)
      FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    """,
    # views, sequences and whatever else there is
    """
    SELECT format('relation %s kind %s options %s', relname, relkind, coalesce(array_to_string(reloptions, ','), '-'))
      FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('r', 'p', 'i', 'I')
    """,
    """
    SELECT format('column %s.%s %s%s%s%s%s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' not null' END,
                  CASE WHEN a.attcollation <> t.typcollation THEN ' collate ' || l.collname END,
                  CASE WHEN a.attidentity <> '' THEN format(' identity %s', a.attidentity) END,
                  CASE WHEN a.attgenerated <> '' THEN ' generated ' ELSE ' default ' END || pg_get_expr(d.adbin, d.adrelid))
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
      JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_collation l ON l.oid = a.attcollation
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE a.attnum > 0 AND NOT a.attisdropped
    """,
    # Later versions keep NOT NULL as constraints, too: the columns tell of those.
    """
    SELECT format('constraint %s.%s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype IN ('c', 'f', 'p', 'u', 'x')
    """,
    """
    SELECT format('index %s', pg_get_indexdef(i.indexrelid))
      FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relnamespace = 'public'::regnamespace
    """,
    """
    SELECT format('policy %s.%s %s for %s to %s using %s check %s', polrelid::regclass, polname,
                  CASE WHEN polpermissive THEN 'permissive' ELSE 'restrictive' END, polcmd,
                  CASE WHEN polroles = '{0}' THEN 'public' ELSE polroles::regrole[]::text END,
                  pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
      FROM pg_policy
    """,
    # functions that are no extension's
    """
    SELECT format('function %s(%s) returns %s language %s volatility %s parallel %s%s%s%s %s body %s', p.proname,
                  pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), l.lanname, p.provolatile, p.proparallel,
                  CASE WHEN p.proisstrict THEN ' strict' END, CASE WHEN p.prosecdef THEN ' SECURITY DEFINER' END,
                  CASE WHEN p.proleakproof THEN ' leakproof' END, coalesce(array_to_string(p.proconfig, ','), '-'),
                  coalesce(pg_get_function_sqlbody(p.oid), p.prosrc))
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
     WHERE p.pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    """,
    """
    SELECT format('trigger %s', pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
    """,
    # grants to others than the owner
    """
    SELECT format('grant %s on %s to %s', string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type), c.relname,
                  CASE WHEN g.grantee = 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END)
      FROM pg_class c CROSS JOIN aclexplode(c.relacl) g
     WHERE c.relnamespace = 'public'::regnamespace AND g.grantee <> c.relowner GROUP BY c.relname, g.grantee
    """,
    """
    SELECT format('grant %s on function %s to %s', g.privilege_type, p.oid::regprocedure,
                  CASE WHEN g.grantee = 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END)
      FROM pg_proc p CROSS JOIN aclexplode(p.proacl) g
     WHERE p.pronamespace = 'public'::regnamespace AND g.grantee <> p.proowner
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
    """,
    """
    SELECT format('grant %s on setting %s to %s', g.privilege_type, parname, pg_get_userbyid(g.grantee))
      FROM pg_parameter_acl CROSS JOIN aclexplode(paracl) g
     WHERE pg_get_userbyid(g.grantee) LIKE 'address\\_book\\_%'
    """,
    """
    SELECT format('settings of %s: %s', setrole::regrole, array_to_string(setconfig, ', '))
      FROM pg_db_role_setting WHERE setrole::regrole::text LIKE 'address\\_book\\_%'
    """,
    """
    SELECT format('grant %s on schema %s to %s', string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type), n.nspname,
                  CASE WHEN g.grantee = 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END)
      FROM pg_namespace n CROSS JOIN aclexplode(n.nspacl) g
     WHERE n.nspname = 'public' AND g.grantee <> n.nspowner GROUP BY n.nspname, g.grantee
    """,
    """
    SELECT format('role %s%s%s%s%s', rolname, CASE WHEN rolsuper THEN ' SUPERUSER' END,
                  CASE WHEN rolbypassrls THEN ' BYPASSRLS' END,
                  CASE WHEN rolcreaterole THEN ' CREATEROLE' END, CASE WHEN rolcreatedb THEN ' CREATEDB' END)
      FROM pg_roles WHERE rolname LIKE 'address\\_book\\_%'
    """,
    """
    SELECT format('member %s of %s', member::regrole, roleid::regrole)
      FROM pg_auth_members WHERE member::regrole::text LIKE 'address\\_book\\_%'
    """,
    "SELECT 'leakproof ' || oid::regprocedure FROM pg_proc WHERE proname = 'textlike' AND proleakproof",
)


async def dump(connection: asyncpg.Connection) -> str:
    """One line for each object, kind by kind."""
    lines: list[str] = []
    for query in QUERIES:
        lines += sorted(row[0].replace("\n", "\\n") for row in await connection.fetch(query))
    return "\n".join(lines) + "\n"
