{# How alike two words are, from 0 to 1 (Jaro and Winkler). #}
{% macro likeness(first_words, second_words) -%}
    {{ adapter.dispatch('likeness')(first_words, second_words) }}
{%- endmacro %}

{% macro duckdb__likeness(first_words, second_words) -%}
    jaro_winkler_similarity({{ first_words }}, {{ second_words }})
{%- endmacro %}

{# Over the bytes of UTF-8, as DuckDB counts them: each byte of the second word takes the first free one like it in
   reach of its place; pairs that stand in another order count half. A start in common brings likely words nearer. #}
{% macro spark__likeness(first_words, second_words) -%}
    element_at(
        transform(
            transform(
                transform(
                    array(named_struct('a', hex(encode({{ first_words }}, 'UTF-8')), 'b', hex(encode({{ second_words }}, 'UTF-8')))),
                    w -> named_struct(
                        'a', w.a, 'b', w.b, 'bytes_a', length(w.a) div 2, 'bytes_b', length(w.b) div 2,
                        'reach', greatest(greatest(length(w.a), length(w.b)) div 4 - 1, 0)
                    )
                ),
                w -> named_struct(
                    'w', w,
                    'places', aggregate(
                        sequence(0, greatest(w.bytes_b, 1) - 1),
                        cast(array() as array<struct<i: bigint, j: bigint>>),
                        (found, i) -> concat(
                            found,
                            slice(
                                transform(
                                    filter(
                                        sequence(0, greatest(w.bytes_a, 1) - 1),
                                        j -> j between i - w.reach and i + w.reach
                                        and substr(w.a, cast(2 * j + 1 as int), 2) = substr(w.b, cast(2 * i + 1 as int), 2)
                                        and not exists(found, earlier -> earlier.j = j)
                                    ),
                                    j -> named_struct('i', cast(i as bigint), 'j', cast(j as bigint))
                                ), 1, 1
                            )
                        )
                    ),
                    'start', aggregate(
                        sequence(1, 4), 0,
                        (same, place) -> case
                            when same = place - 1 and 2 * place <= least(length(w.a), length(w.b))
                                and substr(w.a, 2 * place - 1, 2) = substr(w.b, 2 * place - 1, 2) then place
                            else same
                        end
                    )
                )
            ),
            m -> case
                when m.w.a is null or m.w.b is null then null
                when size(m.places) = 0 then 0.0D
                else aggregate(
                    array(
                        (
                            cast(size(m.places) as double) / m.w.bytes_a + cast(size(m.places) as double) / m.w.bytes_b
                            + cast(
                                size(m.places) - size(
                                    filter(
                                        arrays_zip(m.places, array_sort(transform(m.places, pair -> pair.j))),
                                        pair -> substr(m.w.b, cast(2 * pair['places'].i + 1 as int), 2)
                                        != substr(m.w.a, cast(2 * pair['1'] + 1 as int), 2)
                                    )
                                ) div 2 as double
                            ) / size(m.places)
                        ) / 3
                    ),
                    0.0D,
                    (none, jaro) -> case when jaro > 0.7 then jaro + m.start * 0.1D * (1 - jaro) else jaro end
                )
            end
        ), 1
    )
{%- endmacro %}
