//! Whose port it is, and what is said where it is another's.

use super::*;

fn listen(main: ListenAddress) -> Listen {
    Listen { main: vec![main], stream: Vec::new(), push: Vec::new(), operator: Vec::new() }
}

fn loopback(port: u16) -> ListenAddress {
    ListenAddress::Tcp(SocketAddr::from(([127, 0, 0, 1], port)))
}

fn port_of(door: &Door) -> u16 {
    local_address(&door.socket).unwrap().port()
}

#[test]
fn every_shard_has_a_socket_of_its_own_on_the_same_port() {
    let all = bind(&listen(loopback(0)), 3, &Seats::new(1)).unwrap();
    let ports: Vec<u16> = all.iter().flat_map(|shard| &shard.clients).map(port_of).collect();
    assert_eq!(ports.len(), 3);
    assert!(ports.iter().all(|port| *port == ports[0] && *port != 0), "{ports:?}");
}

#[test]
fn an_address_that_someone_listens_on_is_refused_although_both_would_share_it() {
    let theirs = bind_tcp(SocketAddr::from(([127, 0, 0, 1], 0)), true).unwrap();
    theirs.listen(1).unwrap();
    let port = local_address(&theirs).unwrap().port();
    let refused = bind(&listen(loopback(port)), 2, &Seats::new(1)).map(|_| ()).unwrap_err();
    assert!(matches!(refused, BootError::AddressInUse { setting: "main", .. }), "{refused}");
}
