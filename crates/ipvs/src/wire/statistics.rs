//! Counters in octets.

use super::Malformed;
use super::attribute::Value;
use super::uapi::{
    IPVS_STATS_ATTR_CONNS, IPVS_STATS_ATTR_CPS, IPVS_STATS_ATTR_INBPS, IPVS_STATS_ATTR_INBYTES,
    IPVS_STATS_ATTR_INPKTS, IPVS_STATS_ATTR_INPPS, IPVS_STATS_ATTR_OUTBPS, IPVS_STATS_ATTR_OUTBYTES,
    IPVS_STATS_ATTR_OUTPKTS, IPVS_STATS_ATTR_OUTPPS,
};
use crate::statistics::Statistics;

/// Zero for what is not there: a kernel that counts less is no reason to show no table.
pub(super) fn decode(nested: Option<Value<'_>>) -> Result<Statistics, Malformed> {
    let Some(nested) = nested else {
        return Ok(Statistics::default());
    };
    let attributes = nested.nested();
    let number = |kind, name| attributes.find(kind, name).map_or(Ok(0), Value::u32_or_u64);
    Ok(Statistics {
        connections: number(IPVS_STATS_ATTR_CONNS, "IPVS_STATS_ATTR_CONNS")?,
        packets_in: number(IPVS_STATS_ATTR_INPKTS, "IPVS_STATS_ATTR_INPKTS")?,
        packets_out: number(IPVS_STATS_ATTR_OUTPKTS, "IPVS_STATS_ATTR_OUTPKTS")?,
        octets_in: number(IPVS_STATS_ATTR_INBYTES, "IPVS_STATS_ATTR_INBYTES")?,
        octets_out: number(IPVS_STATS_ATTR_OUTBYTES, "IPVS_STATS_ATTR_OUTBYTES")?,
        connections_per_second: number(IPVS_STATS_ATTR_CPS, "IPVS_STATS_ATTR_CPS")?,
        packets_in_per_second: number(IPVS_STATS_ATTR_INPPS, "IPVS_STATS_ATTR_INPPS")?,
        packets_out_per_second: number(IPVS_STATS_ATTR_OUTPPS, "IPVS_STATS_ATTR_OUTPPS")?,
        octets_in_per_second: number(IPVS_STATS_ATTR_INBPS, "IPVS_STATS_ATTR_INBPS")?,
        octets_out_per_second: number(IPVS_STATS_ATTR_OUTBPS, "IPVS_STATS_ATTR_OUTBPS")?,
    })
}
