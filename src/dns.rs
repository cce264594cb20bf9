//! TXT records, by which an organization proves that a domain is its own.

use crate::error::{Error, Result};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData};
use hickory_resolver::{Resolver, TokioResolver};
use std::net::SocketAddr;
use std::time::Duration;

/// For all tries together: somebody waits for the answer.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks for records.
#[derive(Clone)]
pub struct Dns {
    resolver: TokioResolver,
}

impl Dns {
    /// Asks these servers, or those of the system if there are none.
    pub fn new(servers: &[SocketAddr]) -> Result<Self> {
        let mut builder = if servers.is_empty() {
            Resolver::builder_tokio().map_err(internal)?
        } else {
            let servers = servers.iter().copied().map(server).collect();
            let config = ResolverConfig::from_name_servers(servers);
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let options = builder.options_mut();
        // Who has just added a record and asks again wants to know what is there now.
        options.cache_size = 0;
        options.timeout = Duration::from_secs(3);
        options.attempts = 1;
        // A forged answer would give away a domain.
        options.case_randomization = true;
        // A server that changes the case of a question answers by TCP.
        options.try_tcp_on_error = true;
        options.use_hosts_file = ResolveHosts::Never;
        Ok(Self { resolver: builder.build().map_err(internal)? })
    }

    /// The TXT records of a name, each with its parts joined (RFC 7208 section 3.3). No such name: no records.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>> {
        let mut query = Name::from_ascii(name)
            .map_err(|_| Error::invalid("", "name_invalid", format!("{name} is no DNS name.")))?;
        // Without this the system's search domains would be tried too.
        query.set_fqdn(true);
        let answer = tokio::time::timeout(PATIENCE, self.resolver.txt_lookup(query)).await;
        match answer {
            Ok(Ok(lookup)) => {
                Ok(lookup.answers().iter().filter_map(|record| text(&record.data)).collect())
            }
            // That a server failed or refused is another thing.
            Ok(Err(error)) if error.is_no_records_found() => Ok(Vec::new()),
            Ok(Err(error)) => {
                tracing::warn!(dns.name = name, %error, "A DNS lookup failed.");
                Err(no_answer(name))
            }
            Err(_) => Err(no_answer(name)),
        }
    }
}

fn server(address: SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()]
        .into_iter()
        .map(|mut connection| {
            connection.port = address.port();
            connection
        })
        .collect();
    NameServerConfig::new(address.ip(), true, connections)
}

fn text(data: &RData) -> Option<String> {
    let RData::TXT(record) = data else { return None };
    Some(String::from_utf8_lossy(&record.txt_data.concat()).into_owned())
}

fn no_answer(name: &str) -> Error {
    Error::Busy(format!("DNS did not answer the question for {name}. Try again in a minute."))
}

fn internal(error: NetError) -> Error {
    Error::Internal(error.into())
}

/// Name servers of tests.
#[cfg(test)]
pub(crate) mod testing {
    use super::*;
    use hickory_resolver::proto::op::{Message, ResponseCode};
    use hickory_resolver::proto::rr::Record;
    use hickory_resolver::proto::rr::rdata::TXT;
    use std::net::UdpSocket;
    use std::thread;

    /// Answers every question with this text, or with nothing if it is empty; none: says nothing at all.
    pub(crate) fn answering(text: Option<&str>) -> Dns {
        let records = text.iter().filter(|text| !text.is_empty());
        let records = records.map(|text| vec![(*text).to_owned()]).collect();
        serve(text.map(|_| ResponseCode::NoError), records)
    }

    /// Answers questions for a while, or says nothing if there is no code.
    pub(super) fn serve(code: Option<ResponseCode>, records: Vec<Vec<String>>) -> Dns {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            loop {
                let (length, from) = socket.recv_from(&mut buffer).unwrap();
                let Some(code) = code else { continue };
                let question = Message::from_vec(&buffer[..length]).unwrap();
                let query = question.queries.first().unwrap().clone();
                let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
                answer.metadata.response_code = code;
                answer.metadata.recursion_available = true;
                for parts in &records {
                    let data = RData::TXT(TXT::new(parts.clone()));
                    answer.add_answer(Record::from_rdata(query.name().clone(), 60, data));
                }
                answer.add_query(query);
                socket.send_to(&answer.to_vec().unwrap(), from).unwrap();
            }
        });
        Dns::new(&[address]).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hickory_resolver::proto::op::ResponseCode;

    fn serve(code: Option<ResponseCode>, records: &'static [&'static [&'static str]]) -> Dns {
        let records =
            records.iter().map(|parts| parts.iter().map(|&part| part.to_owned()).collect());
        testing::serve(code, records.collect())
    }

    #[tokio::test]
    async fn the_parts_of_a_record_are_joined() {
        let dns = serve(Some(ResponseCode::NoError), &[&["v=spf1 ", "-all"], &["vestibule=1"]]);
        let mut records = dns.txt("globex.example").await.unwrap();
        records.sort();
        assert_eq!(records, ["v=spf1 -all", "vestibule=1"]);
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist_has_no_records() {
        let missing = serve(Some(ResponseCode::NXDomain), &[]);
        assert_eq!(missing.txt("globex.example").await.unwrap(), Vec::<String>::new());
        let empty = serve(Some(ResponseCode::NoError), &[]);
        assert_eq!(empty.txt("globex.example.").await.unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_server_that_fails_is_not_a_missing_record() {
        for code in [ResponseCode::ServFail, ResponseCode::Refused] {
            let answer = serve(Some(code), &[]).txt("globex.example").await;
            assert!(matches!(answer, Err(Error::Busy(_))), "{code}: {answer:?}");
        }
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_not_waited_for_long() {
        let before = std::time::Instant::now();
        let answer = serve(None, &[]).txt("globex.example").await;
        assert!(matches!(answer, Err(Error::Busy(_))));
        assert!(before.elapsed() < PATIENCE + Duration::from_secs(2));
    }

    #[tokio::test]
    async fn a_name_that_is_none_is_refused() {
        let dns = serve(None, &[]);
        for name in ["a..b", &"x".repeat(64)] {
            assert!(matches!(dns.txt(name).await, Err(Error::Invalid(_))), "{name}");
        }
    }
}
