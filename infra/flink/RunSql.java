import java.nio.file.*;
import java.util.*;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.*;

/** Runs the statements of a SQL file: java -cp 'lib/*' RunSql.java FILE [setting=value ...], with ${NAME} from the environment. */
public class RunSql {
  public static void main(String[] args) throws Exception {
    String sql = Files.readString(Path.of(args[0])).replaceAll("(?m)^\\s*--.*$", "");
    for (var variable : System.getenv().entrySet()) sql = sql.replace("${" + variable.getKey() + "}", variable.getValue());
    var settings = new HashMap<String, String>();
    for (String arg : List.of(args).subList(1, args.length)) settings.put(arg.split("=", 2)[0], arg.split("=", 2)[1]);
    var tables = TableEnvironment.create(EnvironmentSettings.newInstance().withConfiguration(Configuration.fromMap(settings)).build());
    for (String statement : sql.strip().split(";\\s*(\n|$)")) {
      var set = statement.strip().split("'");
      if (statement.strip().startsWith("SET ")) tables.getConfig().set(set[1], set[3]);
      else tables.executeSql(statement).await();
    }
  }
}
