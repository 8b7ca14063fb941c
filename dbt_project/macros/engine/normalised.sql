{# A name or an address as people mean it: lower case, without accents, marks and double spaces; nothing is null. #}
{% macro normalised(words) -%}
    {{ adapter.dispatch('normalised')(words) }}
{%- endmacro %}

{% macro duckdb__normalised(words) -%}
    nullif(trim(regexp_replace(lower(strip_accents({{ words }})), '[^\p{L}\p{N}]+', ' ', 'g')), '')
{%- endmacro %}

{# Spark cannot take letters apart: those of the Latin alphabets with a mark are written down, marks by themselves go. #}
{% macro spark__normalised(words) -%}
    nullif(
        trim(
            regexp_replace(
                regexp_replace(
                    translate(
                        lower({{ words }}),
                        'àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďēĕėęěĝğġģĥĩīĭįĵķĺļľńņňōŏőŕŗřśŝşšţťũūŭůűųŵŷźżžơưǎǐǒǔǖǘǚǜǟǡǣǧǩǫǭǯǰǵǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙẛạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ',
                        'aaaaaaceeeeiiiinooooouuuuyyaaaccccdeeeeegggghiiiijklllnnnooorrrssssttuuuuuuwyzzzouaiouuuuuaaægkooʒjgnaæøaaeeiioorruusthaeooooyabbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooopprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwyſaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy'
                    ),
                    '\\p{Mn}+', ''
                ),
                '[^\\p{L}\\p{N}]+', ' '
            )
        ), ''
    )
{%- endmacro %}
