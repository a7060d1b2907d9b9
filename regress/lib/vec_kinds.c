/* SPDX-License-Identifier: ISC */
/* The kinds of vector file and the fields of their cases. */
#include "regress/lib/vec.h"

const struct vec_kind	vec_kinds[] = {
	{ "merlin", "merlin", "",
	    "protocol_label messages challenge_label challenge_len challenge "
	    "then_challenge_label_second_32", "", vec_merlin },
	{ "handshake", "handshake", "",
	    "a b challenge dh_secret high_eph_pub low_eph_pub name?", "",
	    vec_handshake },
	{ "x25519", "x25519", "", "name priv remote_pub result shared?", "",
	    vec_x25519 },
	{ "sealed_frames", "sealed_frames", "",
	    "chunk counter key nonce nonce_after sealed_frame_1044", "",
	    vec_sealed_frames },
	{ "sealed_stream", "sealed_stream", "", "key note? wire writes_plain",
	    "", vec_sealed_stream },
	{ "recv_frames", "recv_frames", "",
	    "chunk_len_field? key? nonce? result sealed tampered_byte? "
	    "truncated_to?", "", vec_recv_frames },
	{ "delimited_reader", "delimited_reader", "", "err hex n", "",
	    vec_delimited },
	{ "packets", "packets", "", "delimited encoded in name", "",
	    vec_packets },
	{ "mconn_constants", "mconn_constants", "",
	    "defaultRecvMessageCapacity defaultSendQueueCapacity "
	    "default_config default_payload durations_are_ns "
	    "max_packet_msg_size_by_payload minReadBufferSize "
	    "minWriteBufferSize numBatchPacketMsgs sendTimeout_ns "
	    "updateStats_ns", "", vec_mconn_constants },
	{ "pex_messages", "pex_messages", "",
	    "addrs len message_delimited message_encoded name", "",
	    vec_pex_messages },
	{ "pex_packet_streams", "pex_packet_streams", "",
	    "message_len name packet_stream packets stream_len", "",
	    vec_pex_streams },
	{ "pex_decode", "pex_decode", "",
	    "hex name result unwrap? from_proto? n_addrs?", "",
	    vec_pex_decode },
	{ "node_info", "node_info", "",
	    "base_compatible_with_this delimited encoded fields name "
	    "net_address validate", "cases max_node_info_size? note?",
	    vec_node_info },
	{ "ip_parse", "ip_parse", "", "in ok bytes16? canonical? is4?", "",
	    vec_ip_parse },
	{ "netaddress_parse", "netaddress_parse", "",
	    "in error? id? ip? port? string? valid?", "",
	    vec_netaddress_parse },
	{ "netaddress_routability", "netaddress_routability", "",
	    "group_nonstrict group_strict ip ip_string local rfc routable "
	    "valid", "", vec_routability },
	{ "addrbook", "addrbook", "", "addrs key", "", vec_addrbook },
	{ "node_key", "node_key", "", "priv_key", "", vec_node_key },
	{ "node_key_id", "node_key", ".id", "node_id priv64 pub", "",
	    vec_node_key_id },
	{ "selection_sizes", "selection_sizes", "",
	    "book_size num_addresses required_new_bias30_nOld=*", "",
	    vec_selection_sizes },
	{ "known_address_is_bad", "known_address_is_bad", "",
	    "attempts bucket_type case is_bad last_attempt_age_s "
	    "last_success_age_s last_success_zero", "", vec_is_bad },
	{ "default_p2p_config", "default_p2p_config", "",
	    "AddrBook AddrBookStrict AllowDuplicateIP DialTimeout "
	    "ExternalAddress FlushThrottleTimeout HandshakeTimeout "
	    "ListenAddress MaxNumInboundPeers MaxNumOutboundPeers "
	    "MaxPacketMsgPayloadSize PersistentPeers "
	    "PersistentPeersMaxDialPeriod PexReactor PrivatePeerIDs RecvRate "
	    "RootDir SeedMode Seeds SendRate TestDialFail TestFuzz "
	    "TestFuzzConfig UnconditionalPeerIDs", "", vec_p2p_config },
	{ 0 }
};
