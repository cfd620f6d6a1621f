//! The places in which a word may stand.

use serde::Serialize;

/// How the inside of a block is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Words of the table.
    Keywords,
    /// One item with options per line.
    Lines,
    /// Plain words, several per line.
    Words,
}

macro_rules! blocks {
    ($($name:ident $content:ident $title:literal,)*) => {
        /// A block of the file, or (the last four) the options of one line.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Block {
            $(#[doc = concat!("`", $title, "`")] $name,)*
        }

        impl Block {
            /// Every block.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// How it is read.
            #[must_use]
            pub const fn content(self) -> Content {
                match self { $(Self::$name => Content::$content,)* }
            }

            /// What to call it in a sentence.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

blocks! {
    Root Keywords "the top of the file",
    GlobalDefs Keywords "global_defs",
    NotificationEmail Words "notification_email",
    StaticIpaddress Lines "static_ipaddress",
    StaticRoutes Lines "static_routes",
    StaticRules Lines "static_rules",
    TrackGroup Keywords "track_group",
    GarpGroup Keywords "garp_group",
    GarpInterfaces Words "interfaces",
    LinkbeatInterfaces Lines "linkbeat_interfaces",
    UpDownDelays Lines "interface_up_down_delays",
    VrrpScript Keywords "vrrp_script",
    VrrpCheck Keywords "vrrp_check",
    VrrpWebhook Keywords "vrrp_webhook",
    WebhookOnly Words "only",
    SendExpect Keywords "SEND_EXPECT",
    StubStatus Keywords "STUB_STATUS",
    TlsCheck Keywords "TLS_CHECK",
    Push Keywords "PUSH",
    TrackFileDefinition Keywords "track_file definition",
    TrackProcessDefinition Keywords "vrrp_track_process",
    BfdInstance Keywords "bfd_instance",
    SyncGroup Keywords "vrrp_sync_group",
    GroupMembers Words "group",
    Instance Keywords "vrrp_instance",
    Authentication Keywords "authentication",
    AuthHmac Keywords "auth_hmac",
    RouterAdvertisements Keywords "router_advertisements",
    VirtualIpaddress Lines "virtual_ipaddress",
    UnicastPeer Lines "unicast_peer",
    VirtualRoutes Lines "virtual_routes",
    VirtualRules Lines "virtual_rules",
    TrackList Lines "a track list",
    VirtualServerGroup Lines "virtual_server_group",
    VirtualServer Keywords "virtual_server",
    RealServer Keywords "real_server",
    TcpCheck Keywords "TCP_CHECK",
    HttpGet Keywords "HTTP_GET",
    Url Keywords "url",
    SmtpCheck Keywords "SMTP_CHECK",
    SmtpHost Keywords "host",
    DnsCheck Keywords "DNS_CHECK",
    MiscCheck Keywords "MISC_CHECK",
    PingCheck Keywords "PING_CHECK",
    UdpCheck Keywords "UDP_CHECK",
    BfdCheck Keywords "BFD_CHECK",
    FileCheck Keywords "FILE_CHECK",
    Ssl Keywords "SSL",
    AddressLine Lines "an address line",
    RouteLine Lines "a route line",
    RuleLine Lines "a rule line",
    TrackLine Lines "a track line",
}
