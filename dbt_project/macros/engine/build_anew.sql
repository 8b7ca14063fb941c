{# Plain Parquet tables of Spark cannot be changed row by row, so a model that DuckDB goes on with is built anew there. #}
{% materialization incremental, adapter='spark', supported_languages=['sql'] %}
    {{ return(materialization_table_spark()) }}
{% endmaterialization %}
