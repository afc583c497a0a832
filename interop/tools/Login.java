// Logs in to a page in one or more ways, and says after each "== WAY STATUS mutual" or "... unproved", then what the page says:
// java [-Dprincipal=NAME -Dpassword=PASSWORD | -Dcache=FILE] [-Dtrust=PEM] Login.java SERVICE@HOST URL WAY...
//
// WAY is `url`, HttpURLConnection's own Negotiate, which checks no reply token; or `spnego` or `krb5`, tokens of JGSS in these
// framings, with mutual authentication. STATUS is 0 where HttpURLConnection has none, and says why instead.

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivilegedExceptionAction;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.AppConfigurationEntry.LoginModuleControlFlag;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSManager;
import org.ietf.jgss.GSSName;
import org.ietf.jgss.Oid;

public class Login {
    public static void main(String[] arguments) throws Exception {
        String trust = System.getProperty("trust");
        if (trust != null) trust(Path.of(trust));
        LoginContext login = new LoginContext("login", null, callbacks -> {
            for (Callback callback : callbacks) {
                if (callback instanceof NameCallback name) name.setName(System.getProperty("principal"));
                if (callback instanceof PasswordCallback password)
                    password.setPassword(System.getProperty("password").toCharArray());
            }
        }, credentials());
        login.login();
        Subject.doAs(login.getSubject(), (PrivilegedExceptionAction<Void>) () -> {
            for (String way : Arrays.copyOfRange(arguments, 2, arguments.length)) visit(arguments[0], arguments[1], way);
            return null;
        });
    }

    private static Configuration credentials() {
        String cache = System.getProperty("cache");
        Map<String, String> options = cache == null ? Map.of("useTicketCache", "false")
                : Map.of("useTicketCache", "true", "ticketCache", cache, "doNotPrompt", "true");
        return new Configuration() {
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {new AppConfigurationEntry(
                        "com.sun.security.auth.module.Krb5LoginModule", LoginModuleControlFlag.REQUIRED, options)};
            }
        };
    }

    private static void trust(Path certificate) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream file = Files.newInputStream(certificate)) {
            trusted.setCertificateEntry("trusted", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        HttpsURLConnection.setDefaultSSLSocketFactory(context.getSocketFactory());
    }

    private static void visit(String service, String page, String way) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) URI.create(page).toURL().openConnection();
        boolean mutual = false;
        if (!way.equals("url")) {
            GSSManager manager = GSSManager.getInstance();
            GSSContext context = manager.createContext(
                    manager.createName(service, GSSName.NT_HOSTBASED_SERVICE),
                    new Oid(way.equals("krb5") ? "1.2.840.113554.1.2.2" : "1.3.6.1.5.5.2"), null,
                    GSSContext.DEFAULT_LIFETIME);
            context.requestMutualAuth(true);
            byte[] token = context.initSecContext(new byte[0], 0, 0);
            connection.setRequestProperty("Authorization", "Negotiate " + Base64.getEncoder().encodeToString(token));
            String answer = connection.getHeaderField("WWW-Authenticate");
            byte[] reply = Base64.getDecoder().decode(answer.substring("Negotiate ".length()));
            context.initSecContext(reply, 0, reply.length);
            mutual = context.isEstablished() && context.getMutualAuthState();
        }
        try {
            int status = connection.getResponseCode();
            System.out.println("== " + way + " " + status + (mutual ? " mutual" : " unproved"));
            System.out.println(body(connection, status));
        } catch (IOException refused) { // what HttpURLConnection makes of a 401 after its token
            System.out.println("== " + way + " 0 unproved\n" + refused.getMessage());
        }
    }

    private static String body(HttpURLConnection connection, int status) throws IOException {
        try (InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return body == null ? "" : new String(body.readAllBytes());
        }
    }
}
