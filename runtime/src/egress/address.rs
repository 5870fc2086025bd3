//! Which addresses belong to the public internet (IANA's registries of special-purpose addresses, of 2025). Refuses what
//! it does not know.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// First address and length of prefix of what is not public.
const SPECIAL_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    // Carriers' own, with the metadata of one cloud.
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Where a wire server of one cloud listens.
    ([168, 63, 129, 16], 32),
    // Link-local, with the metadata of most clouds.
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, and all above.
    ([224, 0, 0, 0], 3),
];

/// Within what is public at all, `2000::/3`: so IPv4 in IPv6, unique local, link-local and multicast are out.
const SPECIAL_V6: [([u16; 3], u32); 5] = [
    // Protocol assignments, with Teredo and ORCHID.
    ([0x2001, 0, 0], 23),
    ([0x2001, 0x0db8, 0], 32),
    // 6to4, which holds any IPv4 address.
    ([0x2002, 0, 0], 16),
    ([0x2620, 0x4f, 0x8000], 48),
    ([0x3fff, 0, 0], 20),
];

/// Whether anybody on the internet could be reached there.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    let within = |(first, length): &([u8; 4], u32)| {
        let first = Ipv4Addr::from(*first).to_bits();
        (bits ^ first).leading_zeros() >= *length
    };
    !SPECIAL_V4.iter().any(within)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let within = |(first, length): &([u16; 3], u32)| {
        let [a, b, c] = *first;
        let first = Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_bits();
        (bits ^ first).leading_zeros() >= *length
    };
    // How a network without IPv4 reaches it (RFC 6052); its name server writes every address so.
    if let [0x64, 0xff9b, 0, 0, 0, 0, _, _] = address.segments() {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    within(&([0x2000, 0, 0], 3)) && !SPECIAL_V6.iter().any(within)
}
