//! Forward authentication through a real nginx, with the very configuration of docs/forward-auth.md.

use crate::gateway::{ADA, Gateway, Idp, World, free_port};
use crate::user_agent::{Page, UserAgent};
use reqwest::header::{COOKIE, LOCATION};
use reqwest::{Client, RequestBuilder};
use std::fs;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;
use vestibule::access::Model;
use vestibule::store::applications::{self, ApplicationPatch};
use vestibule::store::users;

const DOCUMENT: &str = include_str!("../../docs/forward-auth.md");

/// nginx with a server for each of its ports, all before one app that says what it got.
struct Nginx {
    child: Child,
    ports: Vec<u16>,
    _folder: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Nginx {
    async fn start(gateway: &Gateway, ports: &[u16]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let app = free_port();
        let (_, rest) = DOCUMENT.split_once("```nginx\n").unwrap();
        let (server, _) = rest.split_once("```").unwrap();
        let port_of_ours = gateway.url.rsplit(':').next().unwrap();
        let server = |port: &u16| {
            server
                .replace("listen 443 ssl;", &format!("listen 127.0.0.1:{port};"))
                .replace("server_name reports.example.com;", "")
                .replace("http://app:3000", &format!("http://127.0.0.1:{app}"))
                .replace("http://vestibule:8080", &format!("http://127.0.0.1:{port_of_ours}"))
        };
        let servers: String = ports.iter().map(server).collect();
        let place = folder.path().display();
        let config = format!(
            "daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;
             events {{}}
             http {{
                 access_log off; client_body_temp_path {place}/a; proxy_temp_path {place}/b;
                 fastcgi_temp_path {place}/c; uwsgi_temp_path {place}/d; scgi_temp_path {place}/e;
                 server {{
                     listen 127.0.0.1:{app};
                     location / {{
                         return 200 'the app: $request_method $request_uri user=[$http_x_auth_request_user] \
                             email=[$http_x_auth_request_email] org=[$http_x_auth_request_organization] \
                             own=[$http_x_auth_request_organization_external_id] roles=[$http_x_auth_request_roles]';
                     }}
                 }}
                 {servers}
             }}"
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, config).unwrap();
        let log = format!("{place}/error.log");
        let child = Command::new("/usr/sbin/nginx")
            .args(["-e", &log, "-p", &place.to_string(), "-c", file.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nginx = Self { child, ports: ports.to_vec(), _folder: folder };
        // It listens before it answers, and says nothing when it does.
        while tokio::net::TcpStream::connect(("127.0.0.1", app)).await.is_err() {
            tokio::task::yield_now().await;
        }
        nginx
    }

    fn at(&self, server: usize, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.ports[server])
    }
}

/// A gateway that trusts the proxy.
async fn gateway() -> Gateway {
    Gateway::with(&[("proxy.trusted", "127.0.0.1")]).await
}

fn host(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

/// Signs Ada in from the login page on, back to the protected host.
async fn sign_in(world: &World<'_>, agent: &mut UserAgent, page: &Page) -> Page {
    let form = page.forms().into_iter().find(|form| form.asks).unwrap();
    let left = agent.submit_once(&form.with("email", ADA)).await;
    let underway = Idp::read(&left);
    let back = world.come_back(agent, &underway).await;
    agent.get(back.location().unwrap()).await
}

#[actix_web::test]
async fn a_person_signs_in_through_nginx_and_is_out_at_once_when_switched_off() {
    let (gateway, ports) = (gateway().await, [free_port()]);
    let world = World::of(&gateway);
    gateway.register(|new| new.protected_hosts = vec![host(ports[0])]);
    let nginx = Nginx::start(&gateway, &ports).await;
    let mut agent = UserAgent::new();

    let page = agent.get(nginx.at(0, "/reports?year=2026&a=%20b")).await;
    assert!(page.url.as_str().starts_with(&format!("{}/login", gateway.url)), "{}", page.url);
    let page = sign_in(&world, &mut agent, &page).await;
    assert_eq!(
        (page.url.as_str(), page.status.as_u16()),
        (nginx.at(0, "/reports?year=2026&a=%20b").as_str(), 200)
    );
    let user = world.customer.find(ADA).unwrap();
    let organization = &world.customer.organization;
    let expected = format!(
        "user=[{}] email=[{ADA}] org=[{}] own=[customer-globex.example] roles=[user]",
        user.id, organization.id
    );
    assert!(page.body.contains(&expected), "{}", page.body);

    gateway.write(|tx| users::suspend(tx, &user.id));
    let page = agent.get_once(nginx.at(0, "/reports")).await;
    assert_eq!(page.status.as_u16(), 302, "{}", page.body);
    assert_eq!(page.headers[LOCATION], "/.vestibule/sign-in?to=/reports");
}

#[actix_web::test]
async fn what_ends_a_sign_in_ends_it_at_a_protected_host() {
    let (gateway, ports) = (gateway().await, [free_port()]);
    let world = World::of(&gateway);
    let app = gateway.register(|new| {
        new.protected_hosts = vec![host(ports[0])];
        new.redirect_uris = vec![];
    });
    let nginx = Nginx::start(&gateway, &ports).await;
    let user = || world.customer.find(ADA).unwrap().id;
    let page = nginx.at(0, "/");
    let enter = async |agent: &mut UserAgent| {
        let asked = agent.get(&page).await;
        assert_eq!(sign_in(&world, agent, &asked).await.status.as_u16(), 200);
    };
    let is_out = async |agent: &mut UserAgent| agent.get_once(&page).await.status.as_u16() == 302;

    let mut agent = UserAgent::new();
    enter(&mut agent).await;
    assert!(!is_out(&mut agent).await);
    gateway.write(|tx| users::end_sessions(tx, &user()));
    assert!(is_out(&mut agent).await, "the session");

    enter(&mut agent).await;
    let out = agent.get_once(nginx.at(0, "/.vestibule/sign-out")).await;
    let to = out.location().unwrap();
    assert!(to.as_str().starts_with(&format!("{}/oauth/logout", gateway.url)), "{to}");
    assert!(is_out(&mut agent).await, "signing out");

    let mut agent = UserAgent::new();
    enter(&mut agent).await;
    let change = |patch| gateway.write(|tx| applications::change(tx, &app.application.id, patch));
    change(ApplicationPatch { default_role: Some(None), ..ApplicationPatch::default() });
    vestibule::jobs::access::once(&gateway.state.store).await.unwrap();
    assert!(is_out(&mut agent).await, "nothing left in the application");
    change(ApplicationPatch {
        default_role: Some(Model::default().default_role),
        ..ApplicationPatch::default()
    });
    vestibule::jobs::access::once(&gateway.state.store).await.unwrap();
    assert!(!is_out(&mut agent).await);
    change(ApplicationPatch {
        protected_hosts: Some(vec!["elsewhere.example".to_owned()]),
        ..ApplicationPatch::default()
    });
    assert_eq!(agent.get_once(&page).await.status.as_u16(), 403, "no longer protected");
}

#[actix_web::test]
async fn nothing_that_a_browser_says_of_itself_reaches_the_app() {
    let (gateway, ports) = (gateway().await, [free_port()]);
    let world = World::of(&gateway);
    gateway.register(|new| new.protected_hosts = vec![host(ports[0])]);
    let nginx = Nginx::start(&gateway, &ports).await;
    let mut agent = UserAgent::new();
    let page = agent.get(nginx.at(0, "/")).await;
    sign_in(&world, &mut agent, &page).await;
    let cookie = agent.cookies_for(&nginx.at(0, "/"));
    let client = agent.into_client();
    let spoofed = |request: RequestBuilder| {
        request
            .header("X-Auth-Request-User", "usr_evil")
            .header("X-Auth-Request-Roles", "admin")
            .header("X-Auth-Request-Organization-External-Id", "evil")
            .header("X-Forwarded-Host", "evil.example")
            .header("X-Forwarded-Method", "GET")
            .header("X-Forwarded-Uri", "//evil.example")
    };
    let answer =
        spoofed(client.get(nginx.at(0, "/x"))).header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    let body = answer.text().await.unwrap();
    assert!(!body.contains("evil") && body.contains("roles=[user]"), "{body}");
    let answer = spoofed(client.get(nginx.at(0, "/x"))).send().await.unwrap();
    assert_eq!(answer.headers()[LOCATION], "/.vestibule/sign-in?to=/x");
}

#[actix_web::test]
async fn a_cookie_of_one_host_is_worth_nothing_at_another() {
    let (gateway, ports) = (gateway().await, [free_port(), free_port(), free_port()]);
    let world = World::of(&gateway);
    // Cookies know no ports, so the browser shows the same one at all three.
    gateway.register(|new| new.protected_hosts = vec![host(ports[0]), host(ports[1])]);
    let nginx = Nginx::start(&gateway, &ports).await;
    let mut agent = UserAgent::new();
    let page = agent.get(nginx.at(0, "/")).await;
    sign_in(&world, &mut agent, &page).await;
    assert_eq!(agent.get_once(nginx.at(0, "/")).await.status.as_u16(), 200);
    assert_eq!(
        agent.get_once(nginx.at(1, "/")).await.status.as_u16(),
        302,
        "of the same application"
    );
    assert_eq!(agent.get_once(nginx.at(2, "/")).await.status.as_u16(), 403, "of none");
    // It is entered without asking the provider again: the session goes on.
    let page = agent.get(nginx.at(1, "/second")).await;
    assert_eq!((page.url.path(), page.status.as_u16()), ("/second", 200));
}

#[actix_web::test]
async fn a_sign_in_at_a_protected_host_is_bound_to_its_browser_and_leads_nowhere_else() {
    let (gateway, ports) = (gateway().await, [free_port()]);
    let world = World::of(&gateway);
    gateway.register(|new| new.protected_hosts = vec![host(ports[0])]);
    let nginx = Nginx::start(&gateway, &ports).await;

    // Somebody else's code in a link: the browser has not begun this sign-in.
    let mut attacker = UserAgent::new();
    let page = attacker.get(nginx.at(0, "/")).await;
    let form = page.forms().into_iter().find(|form| form.asks).unwrap();
    let left = attacker.submit_once(&form.with("email", ADA)).await;
    let back = world.come_back(&mut attacker, &Idp::read(&left)).await;
    let link = back.location().unwrap();
    let mut victim = UserAgent::new();
    let page = victim.get(&link).await;
    assert_eq!(page.status.as_u16(), 400, "{}", page.body);
    victim.get_once(nginx.at(0, "/.vestibule/sign-in?to=/")).await;
    let page = victim.get(&link).await;
    assert_eq!(page.status.as_u16(), 400, "{}", page.body);
    assert_eq!(victim.get_once(nginx.at(0, "/")).await.status.as_u16(), 302);

    for elsewhere in ["//evil.example/", "https://evil.example/", "/\\evil.example"] {
        let mut agent = UserAgent::new();
        let page = agent.get(nginx.at(0, &format!("/.vestibule/sign-in?to={elsewhere}"))).await;
        let page = sign_in(&world, &mut agent, &page).await;
        assert_eq!(page.url.as_str(), nginx.at(0, "/"), "{elsewhere}");
    }
}

/// What Traefik and Caddy ask, and hand on.
#[actix_web::test]
async fn a_browser_is_sent_to_sign_in_and_a_script_is_told_401() {
    let gateway = gateway().await;
    gateway.register(|new| new.protected_hosts = vec!["reports.example.com".to_owned()]);
    let client: Client = UserAgent::new().into_client();
    let ask = async |headers: &[(&str, &str)]| {
        let mut request = client.get(format!("{}/auth/verify", gateway.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let location = answer.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    };
    let host = ("X-Forwarded-Host", "reports.example.com");
    let (get, uri) = (("X-Forwarded-Method", "GET"), ("X-Forwarded-Uri", "/a?b=c"));
    let there = Some("/.vestibule/sign-in?to=/a?b=c".to_owned());
    assert_eq!(ask(&[host, get, uri]).await, (302, there));
    assert_eq!(ask(&[host, get, uri, ("Sec-Fetch-Mode", "cors")]).await, (401, None));
    assert_eq!(ask(&[host, get, uri, ("Accept", "application/json")]).await, (401, None));
    assert_eq!(ask(&[host, ("X-Forwarded-Method", "POST"), uri]).await, (401, None));
    assert_eq!(ask(&[host]).await, (401, None));
    let hostile = ("X-Forwarded-Uri", "//evil.example");
    assert_eq!(
        ask(&[host, get, hostile]).await,
        (302, Some("/.vestibule/sign-in?to=/".to_owned()))
    );
    for unknown in ["other.example.com", "reports.example.com, evil.example", "*", ""] {
        assert_eq!(ask(&[("X-Forwarded-Host", unknown), get]).await, (403, None), "{unknown}");
    }
    // From where no proxy is trusted the header is nobody's word.
    let untrusting = Gateway::start().await;
    untrusting.register(|new| new.protected_hosts = vec!["reports.example.com".to_owned()]);
    let request = client.get(format!("{}/auth/verify", untrusting.url));
    let answer = request.header(host.0, host.1).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
}
