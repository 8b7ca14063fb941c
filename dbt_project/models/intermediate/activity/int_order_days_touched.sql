{{ config(pre_hook='{{ start_empty() }}') }}
-- grain: outlet and day on which the last build may have changed what it ordered; without a build before: none
with new_files as (

    select
        entity,
        file_hash
    from {{ ref('int_files_numbered') }}
    where build_number = (select max(build_number) from {{ ref('int_files_numbered') }})

),

changed_orders as (

    select
        outlet_id,
        business_date,
        previous_outlet_id,
        previous_business_date
    from {{ ref('int_orders_unioned') }}
    where build_number = (select max(build_number) from {{ ref('int_files_numbered') }})

),

-- from the first day of a new exchange rate on, amounts in that currency may change
new_rates as (

    select
        rates.from_currency,
        min(rates.rate_on) as rate_on
    from {{ ref('stg_exchange_rates') }} as rates
    semi join new_files
        on rates.file_hash = new_files.file_hash
    group by rates.from_currency

),

new_distributors as (

    select distributors.distributor_id
    from {{ ref('stg_distributors') }} as distributors
    semi join new_files
        on distributors.file_hash = new_files.file_hash
    where distributors.currency is not null

),

unioned as (

    select
        outlet_id,
        business_date
    from changed_orders
    union
    select
        previous_outlet_id as outlet_id,
        previous_business_date as business_date
    from changed_orders
    union
    select
        orders.outlet_id,
        orders.business_date
    from {{ ref('int_orders_qualified') }} as orders
    inner join new_rates
        on
            orders.order_currency = new_rates.from_currency
            and orders.business_date >= new_rates.rate_on
    union
    select
        orders.outlet_id,
        orders.business_date
    from {{ ref('int_orders_qualified') }} as orders
    semi join new_distributors
        on orders.distributor_id = new_distributors.distributor_id

),

final as (

    select *
    from unioned
    where
        outlet_id is not null
        and business_date is not null
        and {{ 'true' if is_incremental() else 'false' }}

)

select * from final
