-- grain: order that counts as activity
-- the policy: not cancelled, not a return, worth more than the rule's least amount (zero) in its own currency;
-- a visit is interaction and never an order; amounts are null where no exchange rate is known
with int_orders_unioned as (

    select
        feed,
        order_id,
        outlet_id,
        business_date,
        rep_id,
        distributor_id,
        currency,
        order_type,
        order_status,
        ordered_through,
        source_net_amount,
        quantity,
        order_lines,
        distinct_products,
        loaded_at,
        build_number
    from {{ ref('int_orders_unioned') }}
    where
        outlet_id is not null
        and business_date is not null

),

int_as_of as (

    select reporting_currency
    from {{ ref('int_as_of') }}

),

least_amount as (

    select cast(value as decimal(18, 4)) as order_min_net_amount
    from {{ ref('rules') }}
    where
        rule_set = 'general'
        and scope = 'default'
        and parameter = 'order_min_net_amount'

),

stg_distributors as (

    select
        distributor_id,
        currency
    from {{ ref('stg_distributors') }}

),

stg_feeds as (

    select
        feed,
        currency
    from {{ ref('stg_feeds') }}

),

rates as (

    select
        from_currency,
        to_currency,
        rate_on,
        max(rate) as rate
    from {{ ref('stg_exchange_rates') }}
    group by
        from_currency,
        to_currency,
        rate_on

),

dated_rates as (

    select
        from_currency,
        to_currency,
        rate_on,
        rate,
        lead(rate_on) over (partition by from_currency, to_currency order by rate_on) as next_rate_on
    from rates

),

qualified as (

    select
        int_orders_unioned.*,
        coalesce(int_orders_unioned.currency, stg_distributors.currency, stg_feeds.currency) as order_currency,
        int_as_of.reporting_currency
    from int_orders_unioned
    cross join int_as_of
    cross join least_amount
    left join stg_distributors
        on int_orders_unioned.distributor_id = stg_distributors.distributor_id
    left join stg_feeds
        on int_orders_unioned.feed = stg_feeds.feed
    where
        int_orders_unioned.order_status != 'cancelled'
        and int_orders_unioned.order_type != 'return'
        and int_orders_unioned.source_net_amount > least_amount.order_min_net_amount

),

final as (

    select
        qualified.feed,
        qualified.order_id,
        qualified.outlet_id,
        qualified.business_date,
        qualified.rep_id,
        qualified.distributor_id,
        qualified.order_currency,
        qualified.ordered_through,
        qualified.source_net_amount,
        qualified.quantity,
        qualified.order_lines,
        qualified.distinct_products,
        qualified.loaded_at,
        qualified.build_number,
        cast(
            case
                when qualified.order_currency = qualified.reporting_currency then qualified.source_net_amount
                else qualified.source_net_amount * dated_rates.rate
            end as decimal(18, 2)
        ) as net_amount
    from qualified
    left join dated_rates
        on
            qualified.order_currency = dated_rates.from_currency
            and qualified.reporting_currency = dated_rates.to_currency
            and qualified.business_date >= dated_rates.rate_on
            and qualified.business_date < coalesce(dated_rates.next_rate_on, date '9999-12-31')

)

select * from final
