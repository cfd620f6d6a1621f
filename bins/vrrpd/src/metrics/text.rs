//! The numbers in OpenMetrics.

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::families::{self, Facts, Family, Kind, Series, Value};
use super::look::Look;

/// What was seen, for as long as it is told.
#[derive(Debug)]
struct Seen {
    look: Arc<Look>,
    refused: u64,
}

/// All of it.
pub(super) fn encode(look: &Arc<Look>, refused: u64) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Seen {
        look: Arc::clone(look),
        refused,
    }));
    let mut out = String::new();
    // Into a string, which takes everything.
    let _ = text::encode(&mut out, &registry);
    out
}

impl Collector for Seen {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let facts = Facts {
            look: &self.look,
            status: self.look.status(),
            servers: self.look.servers.as_ref(),
            refused: self.refused,
        };
        families::all().try_for_each(|family| one(family, &facts, &mut encoder))
    }
}

fn one(family: &Family, facts: &Facts<'_>, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let unit = family.seconds.then_some(Unit::Seconds);
    let kind = match family.kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Info => MetricType::Info,
    };
    let mut encoder = encoder.encode_descriptor(family.name, family.help, unit.as_ref(), kind)?;
    let mut result = Ok(());
    let mut each = |labels: &[&str], value: Value| {
        if result.is_ok() {
            result = sample(family, labels, value, &mut encoder);
        }
    };
    match family.series {
        Series::Of(of) => of(facts, &mut each),
        Series::Counter(counter) => {
            for instance in facts.status.iter().flat_map(|status| &status.instances) {
                if let Some(count) = instance.counters.get(counter) {
                    each(&[&instance.name], (*count).into());
                }
            }
        }
    }
    result
}

fn sample(family: &Family, labels: &[&str], value: Value, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    // The encoder escapes what names of the file may hold.
    let labels: Vec<(&str, &str)> = family
        .labels
        .iter()
        .copied()
        .zip(labels.iter().copied())
        .collect();
    match (family.kind, labels.is_empty()) {
        (Kind::Info, _) => encoder.encode_info(&labels),
        (_, true) => number(family.kind, value, encoder),
        (_, false) => number(family.kind, value, &mut encoder.encode_family(&labels)?),
    }
}

fn number(kind: Kind, value: Value, encoder: &mut MetricEncoder<'_>) -> fmt::Result {
    match (kind, value) {
        (Kind::Counter, Value::Whole(value)) => encoder.encode_counter::<NoLabelSet, _, u64>(&value, None),
        (Kind::Counter, Value::Real(value)) => encoder.encode_counter::<NoLabelSet, _, u64>(&value, None),
        (_, Value::Whole(value)) => encoder.encode_gauge(&value),
        (_, Value::Signed(value)) => encoder.encode_gauge(&value),
        (_, Value::Real(value)) => encoder.encode_gauge(&value),
    }
}
