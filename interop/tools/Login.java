// Logs in with a password, then to a page by SPNEGO with JGSS, and checks the reply token:
// java Login.java PRINCIPAL PASSWORD SERVICE@HOST URL

import java.net.HttpURLConnection;
import java.net.URI;
import java.security.PrivilegedExceptionAction;
import java.util.Base64;
import java.util.Map;
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
        Configuration configuration = new Configuration() {
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {new AppConfigurationEntry(
                        "com.sun.security.auth.module.Krb5LoginModule", LoginModuleControlFlag.REQUIRED,
                        Map.of("useTicketCache", "false"))};
            }
        };
        LoginContext login = new LoginContext("login", null, callbacks -> {
            for (Callback callback : callbacks) {
                if (callback instanceof NameCallback name) name.setName(arguments[0]);
                if (callback instanceof PasswordCallback password) password.setPassword(arguments[1].toCharArray());
            }
        }, configuration);
        login.login();
        Subject.doAs(login.getSubject(), (PrivilegedExceptionAction<Void>) () -> {
            visit(arguments[2], arguments[3]);
            return null;
        });
    }

    private static void visit(String service, String page) throws Exception {
        GSSManager manager = GSSManager.getInstance();
        GSSContext context = manager.createContext(
                manager.createName(service, GSSName.NT_HOSTBASED_SERVICE), new Oid("1.3.6.1.5.5.2"), null,
                GSSContext.DEFAULT_LIFETIME);
        context.requestMutualAuth(true);
        byte[] token = context.initSecContext(new byte[0], 0, 0);
        HttpURLConnection connection = (HttpURLConnection) URI.create(page).toURL().openConnection();
        connection.setRequestProperty("Authorization", "Negotiate " + Base64.getEncoder().encodeToString(token));
        int status = connection.getResponseCode();
        String answer = connection.getHeaderField("WWW-Authenticate");
        byte[] reply = Base64.getDecoder().decode(answer.substring("Negotiate ".length()));
        context.initSecContext(reply, 0, reply.length);
        System.out.println(status + (context.isEstablished() && context.getMutualAuthState() ? " mutual" : " unproved"));
        System.out.println(new String(connection.getInputStream().readAllBytes()));
    }
}
