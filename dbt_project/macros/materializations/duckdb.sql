{# Tables and views of DuckDB, each written once under its final name. The materializations of dbt-duckdb write beside,
   rename twice and drop, so that readers never miss a table; nobody reads this warehouse while it is built, and the
   renames cost more than most of the models (benchmarks/README.md). A statement that fails changes nothing. #}

{% materialization table, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation = this.incorporate(type='table') -%}
    {% do drop_other_kind(relation) %}
    {{ run_hooks(pre_hooks) }}
    {% call statement('main') %}{{ replace_table(relation, sql) }}{% endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{% materialization view, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation = this.incorporate(type='view') -%}
    {% do drop_other_kind(relation) %}
    {{ run_hooks(pre_hooks) }}
    {% if config.get('contract').enforced and var('compare_contracts') %}{{ get_assert_columns_equivalent(sql) }}{% endif %}
    {% call statement('main') -%}
        create or replace view {{ relation }} as (
            {{ sql }}
        )
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{# What the model's pre-hook has taken away, or what has one of the new keys, is put in again. #}
{% materialization incremental, adapter='duckdb', supported_languages=['sql'] %}
    {%- set relation = this.incorporate(type='table') -%}
    {% do drop_other_kind(relation) %}
    {{ run_hooks(pre_hooks) }}
    {%- set key = config.get('unique_key') -%}
    {% if not is_incremental() %}
        {% call statement('main') %}{{ replace_table(relation, sql) }}{% endcall %}
    {% elif key %}
        {% call statement('main') -%}
            create or replace temporary table arrived as ({{ sql }});
            delete from {{ relation }} where {{ key }} in (select {{ key }} from arrived);
            insert into {{ relation }} by name from arrived;
            drop table arrived
        {%- endcall %}
    {% else %}
        {% call statement('main') -%}
            insert into {{ relation }} by name ({{ sql }})
        {%- endcall %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({'relations': [relation]}) }}
{% endmaterialization %}

{# A model that was a view and is a table now, or the other way round. #}
{% macro drop_other_kind(relation) %}
    {%- set existing = load_cached_relation(relation) -%}
    {% if existing is not none and existing.type != relation.type %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
{% endmacro %}

{# A table as its model selects it; the constraints of its contract are checked while it is written. `compare_contracts`
   is off where the same code was compared before: it takes two queries a model. #}
{% macro replace_table(relation, sql) %}
    {%- if config.get('contract').enforced -%}
        {%- if var('compare_contracts') %}{{ get_assert_columns_equivalent(sql) }}{% endif -%}
        create or replace table {{ relation }} {{ get_table_columns_and_constraints() }};
        insert into {{ relation }} {{ get_column_names() }} (
            {{ get_select_subquery(sql) }}
        )
    {%- else -%}
        create or replace table {{ relation }} as (
            {{ sql }}
        )
    {%- endif -%}
{% endmacro %}
